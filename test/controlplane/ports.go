package main

import (
	"fmt"
	"math/rand/v2"
)

// Ports come from below Linux's range for outgoing connections: a port that a stopped component has to get back must not be
// handed to some client's connection in the meantime.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// ports are kept over restarts of a component, so that clients find it again.
type ports struct {
	etcd, etcdPeer, apiServer, scheduler int
	// held are those that nobody else gets, with what gives them up again. A component that
	// uses one has to share it with its holder.
	held map[int]func()
}

// choosePorts finds ports on loopback. That of the API server can be given; who does so sees to it that it is free.
func choosePorts(apiServer int) (ports, error) {
	p := ports{apiServer: apiServer, held: map[int]func(){}}
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.scheduler} {
		if *port != 0 {
			continue
		}
		free, err := p.holdAny(apiServer)
		if err != nil {
			p.release()
			return ports{}, err
		}
		*port = free
	}
	return p, nil
}

func (p ports) holdAny(except int) (int, error) {
	for range 200 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if port == except || p.held[port] != nil {
			continue
		}
		if release, err := hold(port); err == nil {
			p.held[port] = release
			return port, nil
		}
	}
	return 0, fmt.Errorf("found no free port on %s between %d and %d", loopback, lowestPort, highestPort)
}

// release gives the ports up.
func (p ports) release() {
	for _, release := range p.held {
		release()
	}
	clear(p.held)
}

// sharing is the flag by which a component shares a port with its holder; nothing where nobody holds it, since
// two components that share one would each get some of the connections.
func (p ports) sharing(port int, flag string) []string {
	if canHold && p.held[port] != nil {
		return []string{flag}
	}
	return nil
}
