//go:build unix && !linux

package main

import (
	"fmt"
	"net"
	"strconv"
)

// canHold: elsewhere a port is only looked at. Someone else may take it before the component does; startAll then tries
// again with others.
const canHold = false

// hold fails when somebody listens at a port of loopback.
func hold(port int) (release func(), err error) {
	l, err := net.Listen("tcp4", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("look at port %d: %w", port, err)
	}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("release port %d: %w", port, err)
	}
	return func() {}, nil
}
