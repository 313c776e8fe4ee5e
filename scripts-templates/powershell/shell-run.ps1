$null
# ---
Invoke-Program -Computer {{ host }} -Words {{ words }}
