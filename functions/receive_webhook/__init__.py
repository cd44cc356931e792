"""The door for platforms that knock.

What it imports stays, so the garbage collector waits until the handler stands.
"""

import gc

gc.disable()
