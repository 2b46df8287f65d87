// Package download fetches one file whose size and SHA-256 are known beforehand.
//
// Bytes go to a file of their own beside the target (the name with ".part"
// behind it), which stays when a transfer breaks off: the same call goes on
// where it ended, in this process or in a later one, with an HTTP range request
// where the server grants them and from the start where it does not. The target
// appears once its SHA-256 is right, whole or not at all.
//
// Proxies are taken from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), as
// net/http does.
package download
