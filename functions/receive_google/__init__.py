"""The door for leads that Google delivers whole.

What it imports stays, so the garbage collector waits until the handler stands.
"""

import gc

gc.disable()
