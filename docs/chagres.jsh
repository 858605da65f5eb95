// Starts jshell with the library at hand; see "In jshell" in README.md.
import java.lang.foreign.*
import java.lang.invoke.VarHandle
import java.nio.file.*
import java.nio.file.attribute.*
import java.time.*
import org.chagres.*
import org.chagres.file.*
import org.chagres.inspect.*
import org.chagres.memory.*
import org.chagres.pipe.*
import org.chagres.process.*
import org.chagres.readiness.*
import org.chagres.semaphore.*
import org.chagres.socket.*
import static java.lang.foreign.ValueLayout.*
import static java.nio.charset.StandardCharsets.*
import static org.chagres.Readiness.*

void ipcs() throws ErrnoException { SharedMemoryTable.segments().forEach(System.out::println); SemaphoreTable.sets().forEach(System.out::println); }

System.out.println("Chagres: try  var m = SharedMemory.create(IpcKey.PRIVATE, 4096)    and then  m.segment(), m.status(), ipcs(), m.remove(), m.close()")
System.out.println("         or   var s = ProcessSemaphore.create(IpcKey.PRIVATE, 1)  and then  s.tryAcquire(), s.release(), s.status(), s.remove()")
System.out.println("         or   var p = Pipe.create()                                and then  p.sink().write(\"hello\".getBytes()), p.source().available(), p.close()")
System.out.println("         or   var a = MappedMemory.anonymous(4096)                 and then  a.segment(), a.advise(Advice.FREE), a.residentPages(), a.close()")
System.out.println("         or   var c = ChildProcess.shell(\"cat; exit 3\").input(Redirect.pipe()).start()  and then  c.input().close(), c.await(), c.close()")
System.out.println("         or   var t = UnixStream.pair()                            and then  t.first().send(Message.of(\"hello\").with(t.first())), t.second().receive(MemorySegment.ofArray(new byte[9]), 1), t.close()")
System.out.println("         or   var u = UdpSocket.bind(Inet.loopback(0))             and then  u.send(Datagram.of(\"hello\").to(u.localAddress())), u.receiveFrom(MemorySegment.ofArray(new byte[9])), u.close()")
