# What a pack runs: the text of a script, or a program with its arguments. Needs .NET Framework 4.5, which reads two
# outputs of a program at a time.

# One argument so that the program's own reading of its command line gives it back.
function Get-Quoted([string]$Argument) {
    if ($Argument -ne '' -and $Argument -notmatch '[\s"]') { return $Argument }
    $inner = [regex]::Replace($Argument, '(\\*)"', '$1$1\"')
    '"' + [regex]::Replace($inner, '(\\+)$', '$1$1') + '"'
}

function Invoke-Program([string[]]$Words, [string]$Json, [string]$Script) {
    $start = New-Object Diagnostics.ProcessStartInfo $Words[0]
    if ($Script) { $start.EnvironmentVariables['STANDIN_SCRIPT'] = $Script }
    $start.Arguments = @($Words | Select-Object -Skip 1 | ForEach-Object { Get-Quoted $_ }) -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = New-Object Text.UTF8Encoding $false
    try {
        $process = [Diagnostics.Process]::Start($start)
    } catch {
        Stop-Answer 'unsupported' "the host cannot run $($Words[0]): $((Get-Reason $_.Exception)[1])"
    }
    $script:Begun = $true
    $complaints = $process.StandardError.ReadToEndAsync()
    $printed = $process.StandardOutput.ReadToEndAsync()
    try { $process.StandardInput.WriteLine($Json) } catch [IO.IOException] { }
    try { $process.StandardInput.Close() } catch [IO.IOException] { }
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) {
        $detail = "$($Words[0]) ended with exit code $($process.ExitCode)"
        if ($complaints.Result) { $detail = "${detail}: $($complaints.Result)" }
        Stop-Answer 'malformed' $detail
    }
    $printed.Result
}

# In a PowerShell of its own, so that it can neither change nor end this program. The text stands in a variable,
# where it may be longer than on a command line; nothing is written to a disk.
$script:Wrapping = 'try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { }; ' +
    '$input | & ([scriptblock]::Create($env:STANDIN_SCRIPT))'

function Invoke-Text([string]$Text, [string]$Json) {
    $shell = [Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    Invoke-Program ($shell, '-NoProfile', '-NonInteractive', '-Command', $script:Wrapping) $Json $Text
}

function Get-Printed($Question) {
    if ($script:Server) { Stop-Answer 'unsupported' 'MS-RPC runs no commands; ask the host over winrm or ssh' }
    $words = Get-Field $Question 'run'
    if ($null -ne $words) { return Invoke-Program ([string[]]$words) $Question.input '' }
    Invoke-Text $Question.powershell $Question.input
}
