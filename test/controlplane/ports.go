package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports come from below Linux's range for outgoing connections: a port that a stopped component has to get back must not be
// handed to some client's connection in the meantime.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// freePort finds a port on loopback that nothing listens on. Someone else may take it before our component does; startAll
// then tries again with others.
func freePort(taken map[int]bool) (int, error) {
	for range 200 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if taken[port] {
			continue
		}
		l, err := net.Listen("tcp4", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("release port %d: %w", port, err)
		}
		taken[port] = true
		return port, nil
	}
	return 0, fmt.Errorf("found no free port on %s between %d and %d", loopback, lowestPort, highestPort)
}
