"""Things: one registry of all that can stand in a picture besides animals, people, trees and old buildings."""

from __future__ import annotations

from servers.imagegen.painting.props.buildings import STRUCTURES
from servers.imagegen.painting.props.cosmos import COSMOS
from servers.imagegen.painting.props.craft import CRAFT
from servers.imagegen.painting.props.creatures import CREATURES
from servers.imagegen.painting.props.deep import DEEP
from servers.imagegen.painting.props.devices import DEVICES
from servers.imagegen.painting.props.dishes import DISHES
from servers.imagegen.painting.props.fittings import FITTINGS
from servers.imagegen.painting.props.furniture import FURNITURE
from servers.imagegen.painting.props.goods import GOODS
from servers.imagegen.painting.props.groceries import GROCERIES
from servers.imagegen.painting.props.insects import INSECTS
from servers.imagegen.painting.props.kitchen import KITCHEN
from servers.imagegen.painting.props.monuments import MONUMENTS
from servers.imagegen.painting.props.music import MUSIC
from servers.imagegen.painting.props.nature import NATURE
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.props.tokens import TOKENS
from servers.imagegen.painting.props.vehicles import VEHICLES

FURNISHINGS: dict[str, Prop] = {**FURNITURE, **FITTINGS}
"""What belongs into rooms."""
PROPS: dict[str, Prop] = {
    **GROCERIES,
    **DISHES,
    **KITCHEN,
    **DEVICES,
    **TOKENS,
    **MUSIC,
    **GOODS,
    **FURNISHINGS,
    **VEHICLES,
    **CRAFT,
    **STRUCTURES,
    **MONUMENTS,
    **COSMOS,
    **CREATURES,
    **DEEP,
    **INSECTS,
    **NATURE,
}
"""Every thing by its name."""

__all__ = ["FURNISHINGS", "PROPS", "Look", "Prop"]
