// Command standin takes the place of the plugin in archives for other platforms.
package main

func main() { println("a stand-in of kubectl-carto") }
