package cli

import (
	"flag"
	"io"
	"strconv"

	"k8s.io/klog/v2"
)

// logLevel makes client-go log to standard error as -v of kubectl does. Level 0 is silent:
// what a person has to know is an error of the command.
func logLevel(level int) {
	if level <= 0 {
		klog.LogToStderr(false)
		klog.SetOutput(io.Discard)
		return
	}
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	_ = flags.Set("v", strconv.Itoa(level))
}
