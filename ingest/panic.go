package ingest

import (
	"fmt"
	"runtime"
	"strings"
)

// panicText names a panic for the log: its type and the place it came from. The value itself may hold what a customer wrote.
func panicText(p any) string {
	var at string
	frames := runtime.CallersFrames(callers())
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "switchboard/") && !strings.Contains(f.Function, "ingest.panicText") &&
			!strings.Contains(f.Function, ".func") {
			at = fmt.Sprintf("%s:%d", f.Function, f.Line)
			break
		}
		if !more {
			break
		}
	}
	if err, ok := p.(runtime.Error); ok {
		return fmt.Sprintf("%s at %s", err.Error(), at) // made by the runtime: indexes and types, no data
	}
	return fmt.Sprintf("%T at %s", p, at)
}

func callers() []uintptr {
	pcs := make([]uintptr, 32)
	return pcs[:runtime.Callers(3, pcs)]
}
