// Package node runs what is shipped where it is to run: the agent's image as a Deployment on a real node, with a real runtime, and
// what a supply chain stamps as real containers beside it. `make e2e-node` runs it; it needs root and a container runtime.
package node
