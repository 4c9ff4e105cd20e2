"""The pages of measures (domain page, section 9), and their drawings by themselves: embedded, as SVG, PNG and CSV."""
