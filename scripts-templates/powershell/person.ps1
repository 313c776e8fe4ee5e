function Step-{{ number }} {
    Confirm-Step -Number {{ number }} -Id {{ id }} -Title {{ title }} -Who {{ who }} -Check {{ check }} -Expect {{ expect }}
}
