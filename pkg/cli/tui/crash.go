package tui

import (
	"context"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// onCrash has something done before a panic in a goroutine of client-go ends the process. It
// holds for all goroutines that defer utilruntime.HandleCrash.
func onCrash(do func()) {
	utilruntime.PanicHandlers = append(utilruntime.PanicHandlers, func(context.Context, any) { do() })
}
