function Step-{{ number }} {
    Write-Line 'outside' {{ number }} {{ id }} ({{ title }} + ': ' + {{ reason }})
}
