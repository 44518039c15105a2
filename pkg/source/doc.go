// Package source turns a folder, or a zip, into an image in a registry, from which a
// supply chain fetches it like any other source.
//
// The image is what every reader of images accepts: a manifest and a config of OCI, and
// one layer, a tar compressed by gzip. Flux's OCIRepository unpacks the first layer of
// such an image, kpack reads it by the same library as any image, and crane or docker
// look into it. An artifact with media types of its own would say more precisely what it
// is, and be readable by fewer.
//
// Its digest depends on the files only: entries are sorted, times, owners and modes are
// fixed (a file that its owner may execute is 0755, others are 0644), and nothing of the
// machine is written. The same files have the same digest on each machine that runs the
// same release, so an upload of what is there already is recognised before it happens.
//
// What is packed is not trusted. Nothing outside of the folder is read: a symbolic link
// to a file within it is packed as that file, any other is refused. An archive is never
// unpacked to disk; its names must stay within it, links are refused, and its entries,
// its size and its ratio of compression are bounded.
package source
