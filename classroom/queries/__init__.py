"""What pages and commands ask, and the shape of the answers, in files by who asks; `everything.Queries` is all of it.

`Store.queries` answers, from the file of the same name in `store/queries/`; each answer is a fixed number of statements.

Everything here is frozen data. Texts are `Text(ko, en)`; times are UTC. A query that takes a `viewer` answers only what that
person may see and gives None (or leaves out) what they may not: the page cannot tell "absent" from "not yours".
A query that takes a `scope` is for administrators; the scope is what narrows it, in one place (`store/scoping.py`).
"""
