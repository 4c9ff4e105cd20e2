"""What measures are drawn with: scales, marks, figures with their title and source, and their files as SVG and PNG. Pure but for PNG."""
