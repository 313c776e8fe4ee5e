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

# The library takes names that people see, too; those are not meant.
function Get-Controller([string]$Name) {
    if (-not ('ServiceProcess.ServiceController' -as [type])) { Add-Type -AssemblyName System.ServiceProcess }
    $machine = if ($script:Server) { $script:Server } else { '.' }
    $service = New-Object ServiceProcess.ServiceController $Name, $machine
    if ($service.ServiceName -ne $Name) { Stop-Answer 'not_found' "the host has no service $Name" }
    $service
}

# The state once it is no longer the passing one, or when the time is over.
function Wait-State($Service, [string]$Passing, [datetime]$Until) {
    while ($true) {
        $Service.Refresh()
        $state = [string]$Service.Status
        if ($state -ne $Passing -or [datetime]::UtcNow -ge $Until) { return $state }
        Start-Sleep -Milliseconds 200
    }
}

function Assert-State($Service, [string]$Passing, [string]$Wanted, [datetime]$Until) {
    $state = Wait-State $Service $Passing $Until
    if ($state -eq $Wanted) { return }
    $cause = if ($state -eq $Passing) { 'timeout' } else { 'unsupported' }
    Stop-Answer $cause "the service $($Service.ServiceName) is not $Wanted, but $state"
}

# One call to a service; that it is so already is fine.
function Invoke-ServiceChange([scriptblock]$Work, [int]$Already) {
    try {
        Invoke-Change $Work
    } catch {
        $inner = $_.Exception
        while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
        if ((Get-Number $inner) -ne $Already) { throw }
    }
}

function Start-NamedService($Act) {
    $until = [datetime]::UtcNow.AddSeconds($Act.seconds)
    $service = Get-Controller $Act.name
    # one that is being stopped can be started only then
    if ((Wait-State $service 'StopPending' $until) -eq 'Running') { return }
    Invoke-ServiceChange { $service.Start() } 1056
    Assert-State $service 'StartPending' 'Running' $until
}

function Stop-NamedService($Act) {
    $until = [datetime]::UtcNow.AddSeconds($Act.seconds)
    $service = Get-Controller $Act.name
    if ((Wait-State $service 'StartPending' $until) -eq 'Stopped') { return }
    # Windows lists them in the order in which they can be stopped
    foreach ($one in @($service.DependentServices) + $service) {
        $one.Refresh()
        if ('Stopped', 'StopPending' -notcontains [string]$one.Status) { Invoke-ServiceChange { $one.Stop() } 1062 }
        Assert-State $one 'StopPending' 'Stopped' $until
    }
}

function Set-ServiceStart($Act) {
    $cim = $script:Cim
    $quoted = $Act.name.Replace('\', '\\').Replace("'", "\'")
    $found = @(Get-CimInstance @cim -ClassName Win32_BaseService -Filter "Name='$quoted'")
    if ($found.Count -eq 0) { Stop-Answer 'not_found' "the host has no service $($Act.name)" }
    Invoke-Change {
        $done = Invoke-CimMethod -InputObject $found[0] -MethodName ChangeStartMode -Arguments @{ StartMode = $Act.start }
        $number = [int]$done.ReturnValue
        if ($number -ne 0) {
            $cause = if ($number -eq 2) { 'denied' } else { 'unsupported' }
            Stop-Answer $cause "setting how the service $($Act.name) starts: the host answers $number"
        }
    }
}
