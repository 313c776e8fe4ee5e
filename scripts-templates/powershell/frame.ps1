#Requires -Version 5.1
# Written by Standin from data; standin runbook show tells the same steps. What stands between the lines "yours" stays when
# it is written anew, and so do the files of the folder hooks: pre-STEP.ps1 and post-STEP.ps1, or pre-SCRIPT.ps1 and
# post-SCRIPT.ps1. Any other edit is found and kept, and the new text is put beside it.
#
# Ends with 0: done; 2: a person is needed; 3: a step failed, those before it are done; 4: refused, a server that has to be
# out is still alive, or it is not known whether it is. -WhatIf tells and changes nothing. -Resume goes on behind the steps
# that the log has as done, and asks once more whether a server is silent.
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch] $Resume,
    # Steps by their names that a person has seen to already.
    [string[]] $Passed = @(),
    # Asks nobody.
    [switch] $Unattended,
    [string] $Log = (Join-Path $PSScriptRoot {{ log }}),
    # Whoever runs this is asked for nothing else; no secret stands here.
    [System.Management.Automation.PSCredential] $Credential = $null
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ScriptName = {{ name }}
$PairName = {{ pair }}
$Addresses = @{ {{ source }} = {{ source_addresses }}; {{ target }} = {{ target_addresses }} }
# Hosts of the pair beside these two: as long as one of them answers, our own network is there.
$Witnesses = {{ witnesses }}
$RunId = [Guid]::NewGuid().ToString()

# What tells of a host that it is up, or that nobody is there. Anything else may come of our own network, or of a firewall
# on this side, and tells nothing of the host.
$PingAlive = @('Success')
$PingSilent = @('TimedOut', 'DestinationHostUnreachable')
$PortAlive = @('ConnectionRefused', 'ConnectionReset')
$PortSilent = @('TimedOut', 'HostUnreachable', 'HostDown')
# Milliseconds. Windows takes some of them to say that a connection was refused, for it tries again.
$Patience = 5000
$Silences = @{}

function Write-Line {
    param([string] $State, [int] $Number = 0, [string] $Step = '', [string] $Text = '')
    Write-Output ('{0:HH:mm:ss}Z {1,4} {2,-9} {3}' -f [DateTime]::UtcNow, $Number, $State, $Text)
    if ($WhatIfPreference) { return }
    $line = New-Object PSObject -Property @{
        at = [DateTime]::UtcNow.ToString('o'); run = $RunId; script = $ScriptName; pair = $PairName; number = $Number
        step = $Step; state = $State; text = $Text; on = [Environment]::MachineName; by = [Environment]::UserName
    }
    [IO.File]::AppendAllText($Log, (($line | ConvertTo-Json -Compress) + "`r`n"))
}

# A step that is told in other words is another one.
function Get-Mark {
    param([int] $Number, [string] $Id, [string] $Title)
    return '{0} {1} {2}' -f $Number, $Id, $Title
}

function Get-Done {
    if (-not $Resume -or -not (Test-Path -LiteralPath $Log)) { return @() }
    $done = @()
    foreach ($text in [IO.File]::ReadAllLines($Log)) {
        try { $line = $text | ConvertFrom-Json } catch { continue }
        # What was done in a run before the last one that began anew counts for nothing.
        if ($line.state -eq 'starts') { $done = @() }
        if ($line.state -eq 'done') { $done += Get-Mark $line.number $line.step $line.text }
    }
    return $done
}

function Invoke-Hook {
    param([string] $When, [string] $Name)
    $file = Join-Path (Join-Path $PSScriptRoot 'hooks') ('{0}-{1}.ps1' -f $When, $Name.Replace('/', '-'))
    if ($WhatIfPreference -or -not (Test-Path -LiteralPath $file)) { return }
    Write-Line -State 'hook' -Text $file
    $global:LASTEXITCODE = 0
    & $file
    if ($LASTEXITCODE) { throw ('{0} ended with {1}' -f $file, $LASTEXITCODE) }
}

# What a ping comes to: 'alive', 'silent', or what keeps it from being known.
function Get-PingAnswer {
    param([System.Net.IPAddress] $Address)
    try { $status = [string] (New-Object System.Net.NetworkInformation.Ping).Send($Address, $Patience).Status }
    catch { return 'ping of {0}: {1}' -f $Address, $_.Exception.GetBaseException().Message }
    if ($PingAlive -contains $status) { return 'alive' }
    if ($PingSilent -contains $status) { return 'silent' }
    return 'ping of {0}: {1}' -f $Address, $status
}

# What a connection comes to, in the same words.
function Get-PortAnswer {
    param([System.Net.IPAddress] $Address, [int] $Port)
    $client = New-Object System.Net.Sockets.TcpClient @($Address.AddressFamily)
    try {
        if ($client.ConnectAsync($Address, $Port).Wait($Patience)) { return 'alive' }
        return 'silent'
    } catch {
        # What happened lies within what the task and PowerShell make of it.
        $cause = $_.Exception.GetBaseException()
        if ($cause -isnot [System.Net.Sockets.SocketException]) { return 'port {0} of {1}: {2}' -f $Port, $Address, $cause.Message }
        $code = [string] $cause.SocketErrorCode
        if ($PortAlive -contains $code) { return 'alive' }
        if ($PortSilent -contains $code) { return 'silent' }
        return 'port {0} of {1}: {2}' -f $Port, $Address, $code
    } finally { $client.Close() }
}

# What a host comes to, asked at every address but these.
function Get-Answer {
    param([string[]] $Names, [string[]] $But = @())
    $answers = @()
    foreach ($name in $Names) {
        try { $found = @([System.Net.Dns]::GetHostAddresses($name)) }
        catch { $answers += 'the name {0}: {1}' -f $name, $_.Exception.GetBaseException().Message; continue }
        foreach ($address in @($found | Where-Object { $But -notcontains [string] $_ })) {
            foreach ($ask in @({ Get-PingAnswer $address }, { Get-PortAnswer $address 445 }, { Get-PortAnswer $address 135 })) {
                $answer = & $ask
                if ($answer -eq 'alive') { return $answer }
                $answers += $answer
            }
        }
    }
    if (-not $answers) { return 'it has no address' }
    $unknown = @($answers | Where-Object { $_ -ne 'silent' })
    if ($unknown) { return $unknown[0] }
    return 'silent'
}

# A host beside the pair that answers. This machine itself, by whatever name, would answer without any network.
function Get-Witness {
    $cards = [System.Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces()
    $own = @($cards | ForEach-Object { $_.GetIPProperties().UnicastAddresses } | ForEach-Object { [string] $_.Address })
    foreach ($name in $Witnesses) {
        if ((Get-Answer $name $own) -eq 'alive') { return $name }
    }
    return ''
}

# Why a server counts as silent; nothing where it answers. What is not known is thrown: an error is no silence, nor is it
# one when nobody else answers either.
function Get-Silence {
    param([string] $Server)
    $before = $Silences[$Server]
    if ($before -and $before.At -gt [DateTime]::UtcNow.AddMinutes(-1)) { return $before.Why }
    $answer = Get-Answer $Addresses[$Server]
    if ($answer -eq 'alive') { return '' }
    if ($answer -ne 'silent') { throw ('it is not known whether {0} is out: {1}' -f $Server, $answer) }
    $why = '{0} answers nothing; the pair has nobody else who could be asked' -f $Server
    if ($Witnesses) {
        $witness = Get-Witness
        if (-not $witness) {
            throw ('it is not known whether {0} is out: it answers nothing, and neither does {1}' -f $Server, ($Witnesses -join ', '))
        }
        $why = '{0} answers nothing, and {1} does' -f $Server, $witness
    } elseif (-not [System.Net.NetworkInformation.NetworkInterface]::GetIsNetworkAvailable()) {
        throw ('it is not known whether {0} is out: this machine has no network' -f $Server)
    }
    $Silences[$Server] = @{ At = [DateTime]::UtcNow; Why = $why }
    return $why
}

# One step: looks whether it is so already, does it, and looks again.
function Invoke-Step {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([int] $Number, [string] $Id, [string] $Title, [string] $Server, [bool] $Fence, [scriptblock] $Test, [scriptblock] $Set)
    if ($DoneBefore -contains (Get-Mark $Number $Id $Title)) { Write-Line 'skipped' $Number $Id $Title; return }
    if ($Fence -and $Passed -contains $Id) {
        Write-Line 'passed' $Number $Id ('a person has seen that {0} is out' -f $Server)
        Write-Line 'done' $Number $Id $Title
        return
    }
    try {
        # Nothing is done to a server that is silent, and it may come back: whoever resumes asks again.
        $silence = if ($Fence) { Get-Silence $Server } else { '' }
        if ($silence) { Write-Line 'silent' $Number $Id $silence; return }
        Invoke-Hook 'pre' $Id
        if ((& $Test) -eq $true) {
            Write-Line 'is so' $Number $Id $Title
        } elseif (-not $PSCmdlet.ShouldProcess($Server, $Title)) {
            Write-Line 'would' $Number $Id $Title
            if ($WhatIfPreference) { return }
            # Whoever says no to a step does not mean the next one.
            exit 2
        } else {
            Write-Line 'begins' $Number $Id $Title
            & $Set | Out-Null
            if ((& $Test) -eq $false) { throw 'it was done without an error, and yet it is not so' }
        }
        Invoke-Hook 'post' $Id
        Write-Line 'done' $Number $Id $Title
    } catch {
        $text = '{0}: {1}' -f $Title, $_.Exception.Message
        if (-not $Fence) { Write-Line 'failed' $Number $Id $text; exit 3 }
        Write-Line 'refused' $Number $Id $text
        Write-Output ('       once a person has seen that {0} is out: -Resume -Passed {1}' -f $Server, $Id)
        exit 4
    }
}

# A step that a person decides or does.
function Confirm-Step {
    param([int] $Number, [string] $Id, [string] $Title, [string] $Who, [string[]] $Check, [string] $Expect)
    if ($DoneBefore -contains (Get-Mark $Number $Id $Title)) { Write-Line 'skipped' $Number $Id $Title; return }
    Write-Line 'person' $Number $Id ('{0} - {1}' -f $Who, $Title)
    foreach ($text in $Check) { Write-Output ('       [ ] {0}' -f $text) }
    Write-Output ('       then: {0}' -f $Expect)
    if ($WhatIfPreference) { return }
    if ($Passed -notcontains $Id) {
        $answer = 'no'
        if (-not $Unattended) { try { $answer = Read-Host 'Type yes once all of this is so' } catch { $answer = 'no' } }
        if ($answer -ne 'yes') { Write-Line 'waits' $Number $Id ('go on with -Resume -Passed {0}' -f $Id); exit 2 }
    }
    Write-Line 'done' $Number $Id $Title
}

function Get-OneService {
    param([string] $Computer, [string] $Name)
    Add-Type -AssemblyName System.ServiceProcess -ErrorAction SilentlyContinue
    if (-not $Computer) { $Computer = '.' }
    return New-Object System.ServiceProcess.ServiceController @($Name, $Computer)
}

function Test-ServiceState {
    param([string] $Computer, [string] $Name, [string] $State)
    return ([string] (Get-OneService $Computer $Name).Status) -eq $State
}

function Set-ServiceState {
    param([string] $Computer, [string] $Name, [string] $State)
    $service = Get-OneService $Computer $Name
    if ($State -eq 'Running') { $service.Start() } else { $service.Stop() }
    $service.WaitForStatus($State, [TimeSpan]::FromMinutes(10))
}

function Test-ServiceStart {
    param([string] $Computer, [string] $Name, [string] $Start)
    $key = Open-Key $Computer ('HKLM\SYSTEM\CurrentControlSet\Services\{0}' -f $Name) $false
    return @{ 2 = 'automatic'; 3 = 'manual'; 4 = 'disabled' }[[int] $key.GetValue('Start')] -eq $Start
}

function Set-ServiceStart {
    param([string] $Computer, [string] $Name, [string] $Start)
    $word = @{ automatic = 'auto'; manual = 'demand'; disabled = 'disabled' }[$Start]
    $words = @(if ($Computer) { '\\' + $Computer }) + @('config', $Name, 'start=', $word)
    Invoke-Program -Computer '' -Words (@('sc.exe') + $words)
}

function Open-Key {
    param([string] $Computer, [string] $Key, [bool] $Write, [bool] $Needed = $true)
    $parts = $Key.Split(@('\'), 2)
    $hive = @{ HKLM = 'LocalMachine'; HKCR = 'ClassesRoot'; HKU = 'Users' }[$parts[0]]
    $base = [Microsoft.Win32.RegistryKey]::OpenRemoteBaseKey($hive, $Computer)
    $found = if ($Write) { $base.CreateSubKey($parts[1]) } else { $base.OpenSubKey($parts[1]) }
    if (-not $found -and $Needed) { throw ('there is no key {0}' -f $Key) }
    return $found
}

function Test-KeyValue {
    param([string] $Computer, [string] $Key, [string] $Value, $Data)
    # A key that is not there has no value; a registry that cannot be read tells nothing.
    $found = $null
    $there = Open-Key $Computer $Key $false $false
    if ($there) { $found = $there.GetValue($Value) }
    return ([string] (@($found) -join "`n")) -ceq ([string] (@($Data) -join "`n"))
}

function Set-KeyValue {
    param([string] $Computer, [string] $Key, [string] $Value, $Data, [string] $Kind)
    $kinds = @{ text = 'String'; expandable = 'ExpandString'; texts = 'MultiString'; dword = 'DWord'; qword = 'QWord' }
    $data = if ($Kind -eq 'texts') { [string[]] @($Data) } else { $Data }
    (Open-Key $Computer $Key $true).SetValue($Value, $data, $kinds[$Kind])
}

function Remove-KeyValue {
    param([string] $Computer, [string] $Key, [string] $Value)
    (Open-Key $Computer $Key $true).DeleteValue($Value, $false)
}

# All changes of a run go to one domain controller.
function Open-Directory {
    param([string] $Server)
    Add-Type -AssemblyName System.DirectoryServices.Protocols
    $connection = New-Object System.DirectoryServices.Protocols.LdapConnection $Server
    $connection.SessionOptions.ProtocolVersion = 3
    $connection.SessionOptions.Signing = $true
    $connection.SessionOptions.Sealing = $true
    if ($Credential) { $connection.Credential = $Credential.GetNetworkCredential() }
    $connection.Bind()
    return $connection
}

function Get-Values {
    param([string] $Server, [string] $Dn, [string] $Attribute)
    $asked = New-Object System.DirectoryServices.Protocols.SearchRequest @($Dn, '(objectClass=*)', 'Base', @($Attribute))
    $entry = (Open-Directory $Server).SendRequest($asked).Entries[0]
    if (-not $entry.Attributes.Contains($Attribute)) { return @() }
    return @($entry.Attributes[$Attribute].GetValues([string]))
}

function Test-Values {
    param([string] $Server, [string] $Dn, [string] $Mode, [string] $Attribute, [string[]] $Values)
    $found = @(Get-Values $Server $Dn $Attribute)
    $there = @($Values | Where-Object { $found -contains $_ }).Count
    if ($Mode -eq 'insert') { return $there -eq $Values.Count }
    if ($Mode -eq 'remove') { return $there -eq 0 }
    return $there -eq $Values.Count -and $found.Count -eq $Values.Count
}

function Set-Values {
    param([string] $Server, [string] $Dn, [string] $Mode, [string] $Attribute, [string[]] $Values)
    $change = New-Object System.DirectoryServices.Protocols.DirectoryAttributeModification
    $change.Name = $Attribute
    $change.Operation = @{ insert = 'Add'; remove = 'Delete'; replace = 'Replace' }[$Mode]
    foreach ($value in $Values) { $change.Add($value) | Out-Null }
    $asked = New-Object System.DirectoryServices.Protocols.ModifyRequest
    $asked.DistinguishedName = $Dn
    $asked.Modifications.Add($change) | Out-Null
    (Open-Directory $Server).SendRequest($asked) | Out-Null
}

function Test-Object {
    param([string] $Server, [string] $Dn)
    try { Get-Values $Server $Dn 'objectClass' | Out-Null; return $true }
    catch {
        # Only what the directory itself says is not there is gone.
        $response = $_.Exception.GetBaseException().PSObject.Properties['Response']
        if ($response -and $response.Value -and [string] $response.Value.ResultCode -eq 'NoSuchObject') { return $false }
        throw
    }
}

function Remove-Object {
    param([string] $Server, [string] $Dn)
    $asked = New-Object System.DirectoryServices.Protocols.DeleteRequest $Dn
    (Open-Directory $Server).SendRequest($asked) | Out-Null
}

function Add-Object {
    param([string] $Server, [string] $Dn, [hashtable] $Attributes)
    $asked = New-Object System.DirectoryServices.Protocols.AddRequest
    $asked.DistinguishedName = $Dn
    foreach ($name in $Attributes.Keys) {
        $values = [string[]] @($Attributes[$name])
        $asked.Attributes.Add((New-Object System.DirectoryServices.Protocols.DirectoryAttribute @($name, $values))) | Out-Null
    }
    (Open-Directory $Server).SendRequest($asked) | Out-Null
}

function Test-Record {
    param([string] $Server, [string] $Zone, [string] $Node, [string] $Type, [string] $Data)
    $told = & dnscmd.exe $Server /EnumRecords $Zone $Node /Type $Type 2>&1 | Out-String
    # 9701 and 9714: the server knows no such record, no such name; any other number tells nothing of it.
    if (@(0, 9701, 9714) -notcontains $LASTEXITCODE) { throw ('{0} does not tell its records: {1}' -f $Server, $told.Trim()) }
    return $told -match ('(?im)\s' + [regex]::Escape($Data) + '\.?\s*$')
}

function Set-Record {
    param([string] $Server, [string] $Zone, [string] $Node, [string] $Type, [string] $Data, [bool] $There)
    if ($There) { Invoke-Program -Computer '' -Words @('dnscmd.exe', $Server, '/RecordAdd', $Zone, $Node, $Type, $Data) }
    else { Invoke-Program -Computer '' -Words @('dnscmd.exe', $Server, '/RecordDelete', $Zone, $Node, $Type, $Data, '/f') }
}

function Invoke-Batch {
    param([string] $Server, [string] $Database, [string] $Text, [string[]] $Parameters)
    Add-Type -AssemblyName System.Data -ErrorAction SilentlyContinue
    $builder = New-Object System.Data.SqlClient.SqlConnectionStringBuilder
    $builder['Data Source'] = $Server
    $builder['Initial Catalog'] = $(if ($Database) { $Database } else { 'master' })
    $builder['Integrated Security'] = $true
    $connection = New-Object System.Data.SqlClient.SqlConnection $builder.ConnectionString
    try {
        $connection.Open()
        $command = $connection.CreateCommand()
        $command.CommandText = $Text
        $command.CommandTimeout = 0
        $number = 0
        foreach ($value in $Parameters) { $number++; $command.Parameters.AddWithValue(('@P{0}' -f $number), $value) | Out-Null }
        $command.ExecuteNonQuery() | Out-Null
    } finally { $connection.Dispose() }
}

function Invoke-Program {
    param([string] $Computer, [string[]] $Words)
    $script = {
        param([string[]] $Words)
        $rest = @($Words | Select-Object -Skip 1)
        if (@($rest) -like '*"*') { throw ('{0} cannot be given a quote' -f $Words[0]) }
        & $Words[0] @rest
        if ($LASTEXITCODE) { throw ('{0} ended with {1}' -f $Words[0], $LASTEXITCODE) }
    }
    if ($Computer) { Invoke-Command -ComputerName $Computer -ScriptBlock $script -ArgumentList (, $Words) } else { & $script $Words }
}

# A script of a pack gets what it is told as JSON on its input, here as everywhere.
function Invoke-Pack {
    param([string] $Computer, [string] $Told, [scriptblock] $Script)
    if ($Computer) { Invoke-Command -ComputerName $Computer -InputObject $Told -ScriptBlock $Script }
    else { $Told | & $Script }
}

function Test-File {
    param([string] $Path, [string] $From)
    if (-not (Test-Path -LiteralPath $Path)) { return $false }
    return (Get-FileHash -LiteralPath $Path).Hash -eq (Get-FileHash -LiteralPath $From).Hash
}

# <steps>

$Passed = @($Passed | ForEach-Object { $_ -split ',' })
$DoneBefore = @(Get-Done)
Write-Line $(if ($Resume) { 'resumes' } else { 'starts' }) -Text ('{0} of {1}, log {2}' -f $ScriptName, $PairName, $Log)
# >>> yours: before
# <<< yours: before
try { Invoke-Hook 'pre' $ScriptName } catch { Write-Line 'failed' -Text $_.Exception.Message; exit 3 }
# <calls>
try { Invoke-Hook 'post' $ScriptName } catch { Write-Line 'failed' -Text $_.Exception.Message; exit 3 }
# >>> yours: after
# <<< yours: after
Write-Line 'ends' -Text $ScriptName
exit 0
