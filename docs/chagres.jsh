// Starts jshell with the library at hand; see "In jshell" in README.md.
import java.lang.foreign.*
import java.lang.invoke.VarHandle
import java.nio.file.*
import java.nio.file.attribute.*
import org.chagres.*
import org.chagres.inspect.*
import org.chagres.memory.*
import static java.lang.foreign.ValueLayout.*

void ipcs() throws ErrnoException { SharedMemoryTable.segments().forEach(System.out::println); }

System.out.println("Chagres: try  var m = SharedMemory.create(IpcKey.PRIVATE, 4096)   and then  m.segment(), m.status(), ipcs(), m.remove(), m.close()")
