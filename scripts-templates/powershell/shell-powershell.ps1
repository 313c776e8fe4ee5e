$null
# ---
Invoke-Pack -Computer {{ host }} -Told {{ input }} -Script {
# <script>
}
