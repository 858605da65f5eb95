var memory = SharedMemory.create(IpcKey.PRIVATE, 4096)
memory.segment().set(JAVA_LONG, 0, 42)
System.out.println("read " + memory.segment().get(JAVA_LONG, 0) + " of " + memory.byteSize() + " bytes")
memory.remove()
memory.close()
/exit
