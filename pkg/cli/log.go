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
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	set := func(name, value string) { _ = flags.Set(name, value) } // klog's own names
	if level <= 0 {
		// Without a threshold, errors go to standard error whatever the output is.
		set("logtostderr", "false")
		set("stderrthreshold", "FATAL")
		klog.SetOutput(io.Discard)
		return
	}
	set("v", strconv.Itoa(level))
}
