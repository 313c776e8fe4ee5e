# What a pack runs: the text of a script, or a program with its arguments.

# In a place of its own, so that it can neither change nor end this program; its input is in $input.
function Invoke-Text([string]$Text, [string]$Json) {
    $shell = [PowerShell]::Create()
    try {
        [void]$shell.AddScript($Text)
        $printed = $shell.Invoke([object[]]@($Json))
        @($printed | ForEach-Object { [string]$_ }) -join "`n"
    } finally {
        $shell.Dispose()
    }
}

# One argument so that the program's own reading of its command line gives it back.
function Get-Quoted([string]$Argument) {
    if ($Argument -ne '' -and $Argument -notmatch '[\s"]') { return $Argument }
    $inner = [regex]::Replace($Argument, '(\\*)"', '$1$1\"')
    '"' + [regex]::Replace($inner, '(\\+)$', '$1$1') + '"'
}

function Invoke-Program([string[]]$Words, [string]$Json) {
    $start = New-Object Diagnostics.ProcessStartInfo $Words[0]
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

function Get-Printed($Question) {
    if ($script:Server) { Stop-Answer 'unsupported' 'MS-RPC runs no commands; ask the host over winrm or ssh' }
    $words = Get-Field $Question 'run'
    if ($null -ne $words) { return Invoke-Program ([string[]]$words) $Question.input }
    Invoke-Text $Question.powershell $Question.input
}
