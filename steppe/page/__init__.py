"""What the pages of all services share: languages with their catalogues, the stylesheet and other assets."""
