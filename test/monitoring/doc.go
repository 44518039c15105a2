// Package monitoring tests the alert rules and the dashboard of config/monitoring with
// the real Prometheus: that they parse, that each alert fires when it should and is quiet
// when it should be, that they name metrics and labels which the agent has, and that each
// alert has its page in docs/operations.
//
// It is a module of its own, because Prometheus would bring its dependencies into go.mod
// of the product. What the agent has, it reads from docs/operations.md, which a test of
// pkg/agent holds against the agent.
package monitoring
