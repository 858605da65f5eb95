package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AbiTest {
    @Test
    void thisMachineIsSupported() {
        assertThat(Abi.unsupportedBecause()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"amd64", "x86_64", "aarch64", "AMD64", "AArch64"})
    void linuxOnTheseIsSupported(String cpu) {
        assertThat(Abi.unsupportedBecause("Linux", cpu, 64)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Windows 11, amd64,   64",
        "Mac OS X,   aarch64, 64",
        "FreeBSD,    amd64,   64",
        "'',         amd64,   64",
        "Linux,      riscv64, 64",
        "Linux,      ppc64le, 64",
        "Linux,      s390x,   64",
        "Linux,      x86,     32",
        "Linux,      arm,     32",
        "Linux,      '',      64",
        "Linux,      amd64,   32",
        "Linux,      aarch64, 32",
    })
    void anythingElseIsNotAndTheReasonNamesIt(String system, String cpu, int wordBits) {
        assertThat(Abi.unsupportedBecause(system, cpu, wordBits).orElseThrow())
                .contains("Linux on a 64-bit x86-64 or aarch64")
                .contains("this is " + system + " on " + cpu)
                .contains(wordBits + "-bit");
    }
}
