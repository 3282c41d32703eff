"""The gateway of a store says nothing, and no other."""

from wardkeeper.demo.inventory import of_types
from wardkeeper.demo.scene import SILENT
from wardkeeper.demo.scenes import silent_gateway as scene


def test_it_hangs_where_many_assets_are(world):
    stores = {room.number for room in of_types(world.rooms, "equipment_store")}
    assert {spot.room for spot in world.gateways if spot.slug in scene.TARGETS} <= stores


def test_it_says_nothing_and_the_others_talk():
    assert scene.says("gateway-4-08", "gateway-4-08", 1) == SILENT
    assert scene.says("gateway-4-08", "gateway-4-07", 1) == {}
