"""Programs that score what we find against data that people labelled; each exits 1 where a bar is missed."""
