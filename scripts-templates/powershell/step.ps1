function Step-{{ number }} {
    Invoke-Step -Number {{ number }} -Id {{ id }} -Title {{ title }} -Server {{ server }} -Fence {{ fence }} -Test {
        # <test>
    } -Set {
        # <set>
    }
}
