"""The procedural painter: words to a scene, a scene to an SVG of layered, coloured shapes."""
