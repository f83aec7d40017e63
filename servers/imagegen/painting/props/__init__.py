"""Things: one registry of all that can stand in a picture besides animals, people, trees and old buildings."""

from __future__ import annotations

from servers.imagegen.painting.props.buildings import STRUCTURES
from servers.imagegen.painting.props.food import FOOD
from servers.imagegen.painting.props.furniture import FURNITURE
from servers.imagegen.painting.props.goods import GOODS
from servers.imagegen.painting.props.kitchen import KITCHEN
from servers.imagegen.painting.props.nature import NATURE
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.props.vehicles import VEHICLES

PROPS: dict[str, Prop] = {
    **FOOD,
    **KITCHEN,
    **GOODS,
    **FURNITURE,
    **VEHICLES,
    **STRUCTURES,
    **NATURE,
}
"""Every thing by its name."""

__all__ = ["PROPS", "Look", "Prop"]
