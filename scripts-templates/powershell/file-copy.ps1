Test-File {{ object }} {{ from }}
# ---
Copy-Item -LiteralPath {{ from }} -Destination {{ object }} -Force
