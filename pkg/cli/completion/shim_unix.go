//go:build !windows

package completion

import (
	"errors"
	"syscall"
)

// readOnly tells that a file system takes no writes, which is no lack of permission.
func readOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
