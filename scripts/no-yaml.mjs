// What the server's build has in place of the package `yaml`, which would take 1 MB of memory.
export {};
