"""What `dalsegno demo` shows replay on: a month of bike-share trips, and a server that hands it out.

Contract: everything is made on this machine, is the same every time, and holds what trips hold in real life: missing
coordinates, quotes, commas, names in other languages.
"""
