package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// canHold says that a port stays held while a component uses it. A control plane among many that start at the same time
// would else lose one now and then, in the seconds before the component that it is meant for listens there.
const canHold = true

// hold takes a port of loopback for this process and those whom it tells to share it. It fails when anybody has it.
func hold(port int) (release func(), err error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	// Nothing listens there: connections go to the component, and are refused while it does not run.
	err = unix.Bind(socket, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		// Not before: two that are ready to share could both bind it.
		err = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if err != nil {
		_ = unix.Close(socket)
		return nil, fmt.Errorf("hold port %d: %w", port, err)
	}
	return func() { _ = unix.Close(socket) }, nil
}
