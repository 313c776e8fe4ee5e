# Services and drivers.

$script:States = @{
    'Stopped' = 'stopped'; 'Start Pending' = 'start_pending'; 'Stop Pending' = 'stop_pending'; 'Running' = 'running'
    'Continue Pending' = 'continue_pending'; 'Pause Pending' = 'pause_pending'; 'Paused' = 'paused'
}
$script:Starts = @{
    'Boot' = 'boot'; 'System' = 'system'; 'Auto' = 'automatic'; 'Manual' = 'manual'; 'Disabled' = 'disabled'
}

function Get-Word([hashtable]$Words, $Text) {
    if ($null -ne $Text -and $Words.ContainsKey($Text)) { $Words[$Text] } else { 'unknown' }
}

# What the management classes of older Windows do not tell stands in the registry.
function Get-ServiceRow($Service, $Services, [string]$Name) {
    $row = [ordered]@{
        name = $Name
        display = [string]$Service.DisplayName
        state = Get-Word $script:States $Service.State
        start = Get-Word $script:Starts $Service.StartMode
        delayed = $false
        account = $Service.StartName
        command = $Service.PathName
        depends_on = @()
    }
    try {
        $key = $Services.OpenSubKey($Service.Name)
        if ($null -ne $key) {
            $row['delayed'] = $row['start'] -eq 'automatic' -and [int]$key.GetValue('DelayedAutostart', 0) -ne 0
            $needed = @($key.GetValue('DependOnService', @()) | Where-Object { $_ })
            $groups = @($key.GetValue('DependOnGroup', @()) | Where-Object { $_ } | ForEach-Object { "+$_" })
            $row['depends_on'] = $needed + $groups
            $key.Close()
        }
    } catch {
        $cause, $detail = Get-Reason $_.Exception
        $row['delayed'] = New-Hole $cause $detail
        $row['depends_on'] = New-Hole $cause $detail
    }
    $row
}

function Get-ServiceAnswer($Question) {
    $name = Get-Field $Question 'name'
    $services = (Open-Hive 'HKLM' 64).OpenSubKey('SYSTEM\CurrentControlSet\Services')
    $cim = $script:Cim
    if ($null -eq $name) {
        $found = @(Get-CimInstance @cim -ClassName Win32_Service)
        Assert-Rows $found.Count
        foreach ($service in $found) { Get-ServiceRow $service $services $service.Name }
        return
    }
    $quoted = $name.Replace('\', '\\').Replace("'", "\'")
    $found = @(Get-CimInstance @cim -ClassName Win32_BaseService -Filter "Name='$quoted'")
    if ($found.Count -eq 0) { Stop-Answer 'not_found' "the host has no service $name" }
    Get-ServiceRow $found[0] $services $name
}
