# Answers questions about a Windows host and does what it is told there; see ../powershell.rs for how it is run and spoken to.
# The files of this folder are one program, put together in the order that powershell.rs gives. It is written for
# PowerShell 3 and newer. What stands in a line is data: only the text of a `shell` is ever run.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'

$script:Output = [Console]::OpenStandardOutput()
$script:Plain = New-Object Text.RegularExpressions.Regex '^[ !#-\[\]-~]*$'
$script:Odd = New-Object Text.RegularExpressions.Regex '[^ !#-\[\]-~]'
# halves of characters, which no reader of JSON takes
$script:Torn = New-Object Text.RegularExpressions.Regex '[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]'

# JSON of ASCII alone: nothing on the way can take it for another encoding.
function Add-Text([Text.StringBuilder]$Json, [string]$Text) {
    if (-not $script:Plain.IsMatch($Text)) {
        $Text = $script:Odd.Replace($Text, { param($Found) '\u{0:x4}' -f [int][char]$Found.Value })
    }
    [void]$Json.Append('"').Append($Text).Append('"')
}

function Add-Json([Text.StringBuilder]$Json, $Value) {
    if ($null -eq $Value) {
        [void]$Json.Append('null')
    } elseif ($Value -is [string] -and $script:Torn.IsMatch($Value)) {
        Add-Json $Json (New-Hole 'malformed' 'the text has characters that are none')
    } elseif ($Value -is [string]) {
        Add-Text $Json $Value
    } elseif ($Value -is [bool]) {
        [void]$Json.Append($Value.ToString().ToLowerInvariant())
    } elseif ($Value -is [int] -or $Value -is [long] -or $Value -is [uint32] -or $Value -is [uint64]) {
        [void]$Json.Append($Value.ToString([Globalization.CultureInfo]::InvariantCulture))
    } elseif ($Value -is [byte[]]) {
        [void]$Json.Append('{"base64":"').Append([Convert]::ToBase64String($Value)).Append('"}')
    } elseif ($Value -is [Collections.IDictionary]) {
        $first = $true
        [void]$Json.Append('{')
        foreach ($name in $Value.Keys) {
            if (-not $first) { [void]$Json.Append(',') }
            $first = $false
            Add-Text $Json $name
            [void]$Json.Append(':')
            Add-Json $Json $Value[$name]
        }
        [void]$Json.Append('}')
    } elseif ($Value -is [Collections.IEnumerable]) {
        $first = $true
        [void]$Json.Append('[')
        foreach ($item in $Value) {
            if (-not $first) { [void]$Json.Append(',') }
            $first = $false
            Add-Json $Json $item
        }
        [void]$Json.Append(']')
    } else {
        Add-Text $Json ([string]$Value)
    }
}

function Write-Answer($Answer) {
    $json = New-Object Text.StringBuilder
    Add-Json $json $Answer
    if ($json.Length -gt $script:MaxBytes -and $Answer.Contains('id')) {
        $detail = "the answer is longer than $($script:MaxBytes) bytes"
        $json = New-Object Text.StringBuilder
        Add-Json $json ([ordered]@{ id = $Answer['id']; absent = 'truncated'; detail = $detail })
    }
    $bytes = [Text.Encoding]::ASCII.GetBytes($json.Append("`n").ToString())
    $script:Output.Write($bytes, 0, $bytes.Length)
    $script:Output.Flush()
}

# The value of a field that may be missing.
function Get-Field($Object, [string]$Name) {
    $property = $Object.PSObject.Properties[$Name]
    if ($null -ne $property) { , $property.Value }
}

# Why something is not known, as an error.
function Stop-Answer([string]$Cause, [string]$Detail) {
    $problem = New-Object InvalidOperationException $Detail
    $problem.Data['cause'] = $Cause
    throw $problem
}

function New-Hole([string]$Cause, [string]$Detail) {
    [ordered]@{ absent = $Cause; detail = $Detail }
}

function Assert-Rows([int]$Count) {
    if ($Count -gt $script:MaxRows) {
        Stop-Answer 'truncated' "the host has more than $($script:MaxRows) of them"
    }
}

# Numbers of Windows and HRESULTs made of them.
$script:Denied = 5, 19, 32, 33, 1314
$script:Missing = 2, 3, 53, 67, 1060, 1376, 2220
$script:Refusals = 80, 183, 1051, 1052, 1055, 1058, 1061, 1068, 1069, 1072, 1075

$script:NumberOf = @{ AccessDenied = 5; NotFound = 2 }

function Get-Number($Problem) {
    foreach ($name in 'NativeErrorCode', 'HResult', 'ErrorCode') {
        $property = $Problem.PSObject.Properties[$name]
        if ($null -eq $property) { continue }
        # the management classes have words in place of numbers
        if ($script:NumberOf.ContainsKey([string]$property.Value)) { return $script:NumberOf[[string]$property.Value] }
        if ($property.Value -is [int] -and $property.Value -ne 0) { return $property.Value -band 0xFFFF }
    }
    0
}

# The cause and the text of an error, whichever errors it is wrapped in.
function Get-Reason($Problem) {
    for ($inner = $Problem; $null -ne $inner; $inner = $inner.InnerException) {
        if ($inner.Data.Contains('cause')) { return $inner.Data['cause'], $inner.Message }
        $last = $inner
    }
    $number = Get-Number $last
    $kind = $last.GetType().Name
    $cause = 'malformed'
    if ($kind -match '^(UnauthorizedAccess|Security)Exception$' -or $script:Denied -contains $number) {
        $cause = 'denied'
    } elseif ($kind -match '^(FileNotFound|DirectoryNotFound|DriveNotFound)Exception$') {
        $cause = 'not_found'
    } elseif ($script:Missing -contains $number) {
        $cause = 'not_found'
    } elseif ($script:Refusals -contains $number) {
        $cause = 'unsupported'
    } elseif ($kind -match '^(CommandNotFound|NotSupported|PlatformNotSupported|PSNotSupported)Exception$') {
        $cause = 'unsupported'
    }
    $cause, $last.Message
}

# Whether something may have been changed for whoever waits for the answer.
$script:Begun = $false

# Around the one call that changes something: what the host refuses has changed nothing.
function Invoke-Change([scriptblock]$Work) {
    $before = $script:Begun
    $script:Begun = $true
    try {
        [void](& $Work)
    } catch {
        $cause = @(Get-Reason $_.Exception)[0]
        if ('denied', 'not_found', 'unsupported' -contains $cause) { $script:Begun = $before }
        throw
    }
}
