"""Which layer? What of a budget each picture gets."""

import pytest

from media.layers import choose, fitting


class Size:
    def __init__(self, height: int, bitrate_bps: float) -> None:
        self.height, self.bitrate_bps = height, bitrate_bps


LAYERS = [Size(180, 150_000), Size(360, 500_000), Size(720, 2_500_000)]


@pytest.mark.parametrize(("max_height", "heights"), [(720, [180, 360, 720]), (400, [180, 360]), (100, [180]), (0, [])])
def test_only_layers_a_tile_can_show_are_worth_sending(max_height: int, heights: list[int]) -> None:
    assert [layer.height for layer in fitting(LAYERS, max_height)] == heights


def test_within_a_budget_the_important_picture_grows_first() -> None:
    screen, camera = choose([LAYERS, LAYERS], 3_000_000)
    assert screen is LAYERS[2]
    assert camera is LAYERS[0]
    screen, camera = choose([LAYERS, LAYERS], 900_000)
    assert (screen, camera) == (LAYERS[1], LAYERS[0])


def test_the_two_important_pictures_are_never_dropped() -> None:
    assert choose([LAYERS, LAYERS, LAYERS], 0) == [LAYERS[0], LAYERS[0], None]


def test_of_the_important_pictures_first_the_dearer_is_given_up_then_both() -> None:
    screen = [Size(1080, 1_500_000)]
    assert choose([screen, LAYERS], 300_000, 1) == [None, LAYERS[0]]
    assert choose([screen, LAYERS], 300_000, 2) == [None, None]
