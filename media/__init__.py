"""Forwards RTP, never decodes it."""
