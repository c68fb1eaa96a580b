# Completion of icebreaker for PowerShell: commands, flags, and the names that icebreaker.yaml has.
#
# For this shell:   icebreaker completion powershell | Out-String | Invoke-Expression
# For every shell:  add that line to the file that $PROFILE names.
# TAB goes through the candidates one by one; for a menu: Set-PSReadLineKeyHandler -Key Tab -Function MenuComplete

Register-ArgumentCompleter -Native -CommandName icebreaker -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the cursor, without their quotes.
    $typed = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })

    # An empty last word does not reach a native program in every version of PowerShell.
    if ($wordToComplete -eq '') {
        $lines = @(& icebreaker __complete --next -- @typed 2>$null)
    } else {
        $typed[-1] = "$wordToComplete"
        $lines = @(& icebreaker __complete -- @typed 2>$null)
    }

    $offered = $false
    foreach ($line in $lines) {
        if ($line -eq ':files' -or $line -eq ':folders') {
            $offered = $true
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        } elseif (-not $line.StartsWith(':')) {
            $offered = $true
            $value, $about = $line -split "`t", 2
            if (-not $about) { $about = $value }
            $text = if ($value -match '^[\w.:/+-][\w.:/=+-]*$') { $value } else { "'$value'" }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
        }
    }
    # Where nothing is offered PowerShell would offer files.
    if (-not $offered) { '' }
}
