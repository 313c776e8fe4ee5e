# The registry.

$script:Hives = @{ HKLM = 'LocalMachine'; HKU = 'Users'; HKCR = 'ClassesRoot' }

function Open-Hive([string]$Hive, [int]$View) {
    $root = [Microsoft.Win32.RegistryHive]$script:Hives[$Hive]
    $seen = [Microsoft.Win32.RegistryView]"Registry$View"
    if ($script:Server) { return [Microsoft.Win32.RegistryKey]::OpenRemoteBaseKey($root, $script:Server, $seen) }
    [Microsoft.Win32.RegistryKey]::OpenBaseKey($root, $seen)
}

function Get-Bytes($Value) {
    if ($Value -is [byte[]]) { , $Value } else { , (New-Object byte[] 0) }
}

# Kind and value as the other carrier tells them: numbers without sign, texts without the zeros at their end.
function Get-RegistryValue($Key, [string]$Name) {
    $kind = $Key.GetValueKind($Name).ToString()
    $value = $Key.GetValue($Name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    $end = [char]0
    switch ($kind) {
        'String' { return 'REG_SZ', ([string]$value).TrimEnd($end) }
        'ExpandString' { return 'REG_EXPAND_SZ', ([string]$value).TrimEnd($end) }
        'DWord' {
            if ($value -is [int]) { return 'REG_DWORD', [BitConverter]::ToUInt32([BitConverter]::GetBytes($value), 0) }
            return 'REG_DWORD', $value
        }
        'QWord' {
            if ($value -is [long]) { return 'REG_QWORD', [BitConverter]::ToUInt64([BitConverter]::GetBytes($value), 0) }
            return 'REG_QWORD', $value
        }
        'MultiString' {
            $text = ($value -join $end).TrimEnd($end)
            if ($text -eq '') { return 'REG_MULTI_SZ', @() }
            return 'REG_MULTI_SZ', $text.Split($end)
        }
        'Binary' { return 'REG_BINARY', (Get-Bytes $value) }
        'None' { return 'REG_NONE', (Get-Bytes $value) }
        default { return 'other', (Get-Bytes $value) }
    }
}

function New-ValueRow($Key, [string]$Name, [bool]$Named) {
    $kind, $value = Get-RegistryValue $Key $Name
    $row = [ordered]@{}
    if ($Named) { $row['name'] = $Name }
    $row['value'] = $value
    $row['kind'] = $kind
    $row
}

function Get-RegistryAnswer($Question) {
    $hive, $below = $Question.key -split '\\', 2
    $key = (Open-Hive $hive ([int](Get-Field $Question 'view'))).OpenSubKey($below)
    if ($null -eq $key) { Stop-Answer 'not_found' "the host has no key $($Question.key)" }
    try {
        if (Get-Field $Question 'keys') {
            $names = $key.GetSubKeyNames()
            Assert-Rows $names.Length
            foreach ($name in $names) { [ordered]@{ name = $name } }
        } elseif (Get-Field $Question 'values') {
            $names = $key.GetValueNames()
            Assert-Rows $names.Length
            foreach ($name in $names) { New-ValueRow $key $name $true }
        } else {
            $name = [string]$Question.value
            if (@($key.GetValueNames() | Where-Object { $_ -eq $name }).Count -eq 0) {
                $shown = if ($name) { $name } else { 'by default' }
                Stop-Answer 'not_found' "the key $($Question.key) has no value $shown"
            }
            New-ValueRow $key $name $false
        }
    } finally {
        $key.Close()
    }
}

function Open-WrittenKey($Act) {
    $hive, $below = $Act.key -split '\\', 2
    $key = (Open-Hive $hive ([int]$Act.view)).OpenSubKey($below, $true)
    if ($null -eq $key) { Stop-Answer 'not_found' "the host has no key $($Act.key)" }
    $key
}

# The bytes are those that stand in the registry; the library wants what they mean.
function Write-Data($Key, [string]$Name, [string]$Kind, [byte[]]$Bytes) {
    $text = [Text.Encoding]::Unicode.GetString($Bytes)
    switch ($Kind) {
        'REG_SZ' { $Key.SetValue($Name, $text.Substring(0, $text.Length - 1), 'String') }
        'REG_EXPAND_SZ' { $Key.SetValue($Name, $text.Substring(0, $text.Length - 1), 'ExpandString') }
        'REG_MULTI_SZ' {
            [string[]]$texts = @()
            if ($text.Length -gt 1) { $texts = $text.Substring(0, $text.Length - 2).Split([char]0) }
            $Key.SetValue($Name, $texts, 'MultiString')
        }
        'REG_DWORD' { $Key.SetValue($Name, [BitConverter]::ToInt32($Bytes, 0), 'DWord') }
        'REG_QWORD' { $Key.SetValue($Name, [BitConverter]::ToInt64($Bytes, 0), 'QWord') }
        'REG_BINARY' { $Key.SetValue($Name, $Bytes, 'Binary') }
        default { Stop-Answer 'unsupported' "there is no kind $Kind" }
    }
}

function Set-RegistryValue($Act) {
    $bytes = [Convert]::FromBase64String($Act.base64)
    $key = Open-WrittenKey $Act
    try {
        Invoke-Change { Write-Data $key $Act.value $Act.kind $bytes }
    } finally {
        $key.Close()
    }
}

function Remove-RegistryValue($Act) {
    $key = Open-WrittenKey $Act
    try {
        if ($key.GetValueNames() -contains $Act.value) { Invoke-Change { $key.DeleteValue($Act.value) } }
    } finally {
        $key.Close()
    }
}
