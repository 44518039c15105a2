package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ticksPerSecond is the unit of CPU time in /proc on Linux (USER_HZ), the same on all its platforms that Go knows.
const ticksPerSecond = 100

// usage is what a process has used by now.
type usage struct {
	cpu      time.Duration
	resident int // bytes
	peak     int // bytes, the most that was resident
}

// usageOf reads /proc, so that the bench measures agent, yardstick and API server alike. It needs Linux.
func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read what process %d uses (only Linux tells): %w", pid, err)
	}
	// The name in parentheses may contain anything; fields are counted behind it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(string(field))
		if err != nil {
			return usage{}, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
		}
		ticks += n
	}
	u := usage{cpu: time.Duration(ticks) * time.Second / ticksPerSecond}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range bytes.Lines(status) {
		var kib int
		if n, _ := fmt.Sscanf(string(line), "VmRSS: %d kB", &kib); n == 1 {
			u.resident = kib * 1024
		}
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %d kB", &kib); n == 1 {
			u.peak = kib * 1024
		}
	}
	return u, nil
}
