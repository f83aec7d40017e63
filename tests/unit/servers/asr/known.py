"""A recording whose words are known to the millisecond.

`recordings/fox.opus` was spoken by flite 2.2 with the voice slt; the times below are flite's own
(`flite -psdur`). Real speech of the wild was not at hand.
"""

from __future__ import annotations

from pathlib import Path

RECORDING = Path(__file__).parent / "recordings" / "fox.opus"
TEXT = (
    "The hungry fox walked under the tall green trees. He jumped as high as he could, "
    "but the fruit was far above his head. They are sour, he said, and walked home."
)
STARTS = [
    *(0.184, 0.279, 0.734, 1.133, 1.377, 1.628, 1.755, 1.951, 2.225),
    *(2.759, 2.953, 3.355, 3.547, 3.735, 3.859, 3.986),
    *(4.338, 4.507, 4.581, 4.917, 5.071, 5.395, 5.608, 5.793),
    *(6.190, 6.367, 6.509, 7.147, 7.357, 7.811, 7.939, 8.257),
]
"""When each word begins, in seconds."""
