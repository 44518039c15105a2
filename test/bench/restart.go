package main

import (
	"context"
	"time"
)

// restart starts the subject anew among settled owners, some times over.
func (b *bench) restart(ctx context.Context) error {
	if err := b.quiet(ctx); err != nil {
		return err
	}
	used, err := usageOf(b.subject.PID())
	if err != nil {
		return err
	}
	b.result.Peak = used.peak
	var ready, lists []float64
	var requests map[string]int // of the start that needed most
	for range restarts {
		start, err := b.startAnew(ctx)
		if err != nil {
			return err
		}
		ready, lists = append(ready, start.Ready), append(lists, start.Lists)
		if requests == nil || sum(start.Requests) > sum(requests) {
			requests = start.Requests
		}
		b.result.Starts = append(b.result.Starts, start)
	}
	b.result.Restart, b.result.Lists, b.result.Requests["restart"] = median(ready), median(lists), requests
	return nil
}

// restarts is how often the subject starts in the scenario of that name.
const restarts = 7

// started is what a start among settled owners takes.
type started struct {
	Ready    float64        `json:"readySeconds"`
	Lists    float64        `json:"listsSeconds"` // what it reads, read by nobody
	CPU      float64        `json:"cpuSeconds"`
	Resident int            `json:"residentBytes"`
	Requests map[string]int `json:"requestCounts"`
}

func (b *bench) startAnew(ctx context.Context) (s started, err error) {
	if err := b.quiet(ctx); err != nil {
		return s, err
	}
	b.sayf("restart")
	stopped := b.subject
	b.subject = nil
	if err := stopped.Stop(); err != nil {
		return s, err
	}
	if s.Lists, err = b.lists(ctx); err != nil {
		return s, err
	}
	if err := b.begin(ctx); err != nil {
		return s, err
	}
	if b.subject, err = startSubject(b.name, b.cp); err != nil {
		return s, err
	}
	profiled := b.profileCPU(ctx, "start", 2000)
	if err := b.subject.AwaitReady(ctx); err != nil {
		return s, err
	}
	if b.name == cartoName { // the yardstick can not tell
		s.Ready = since(b.began)
	}
	if err := sleep(ctx, 10*time.Second); err != nil { // the time in which it would write
		return s, err
	}
	if err := profiled(); err != nil {
		return s, err
	}
	requests, err := b.requests(ctx)
	if err != nil {
		return s, err
	}
	s.Requests = count(requests)
	used, err := usageOf(b.subject.PID())
	s.CPU, s.Resident = used.cpu.Seconds(), used.resident
	return s, err
}
