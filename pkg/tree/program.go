package tree

import "strings"

// Program is how the commands in root causes and explanations call the plugin.
const Program = "kubectl carto"

// diagnose is the command for when nothing acts on owners.
const diagnose = Program + " doctor"

// Command is a command to run, of the plugin by the name by which a person called it;
// empty for the usual one.
func Command(command, program string) string {
	if rest, ok := strings.CutPrefix(command, Program+" "); ok && program != "" {
		return program + " " + rest
	}
	return command
}
