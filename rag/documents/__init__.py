"""Files → text → sentences → chunks. May import only what stands at the top: errors, progress, settings.

It knows no index, no question and no model.
"""
