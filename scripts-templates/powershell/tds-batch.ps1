$null
# ---
Invoke-Batch {{ server }} {{ database }} {{ object }} {{ params }}
