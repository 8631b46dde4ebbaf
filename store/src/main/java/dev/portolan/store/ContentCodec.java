package dev.portolan.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Stored bytes: one byte that says how, then the bytes. {@code 0}: as they are; {@code 1}: a zstd frame; {@code 2}: the number of a dictionary (two bytes) and a zstd frame made with
 * it.
 */
final class ContentCodec {

    static final int PLAIN = 0;
    static final int ZSTD = 1;
    static final int ZSTD_WITH_DICTIONARY = 2;
    /** With a dictionary for each type, level 3 saves two percent more of the bytes and takes a third more time. */
    private static final int LEVEL = 1;
    private static final int HEADER_WITH_DICTIONARY = 3;

    /** Compressing contexts hold native memory, so they are lent out and come back; more than a few threads never compress at once. */
    private final ConcurrentLinkedDeque<ZstdCompressCtx> compressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<ZstdCompressCtx> dictionaryCompressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<ZstdDecompressCtx> decompressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<ZstdDecompressCtx> dictionaryDecompressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentHashMap<Integer, ZstdDictDecompress> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Current> currentByType = new ConcurrentHashMap<>();
    private final IntFunction<byte @Nullable []> dictionaries;
    private final Observer observer;

    private record Current(int number, ZstdDictCompress dictionary) {}

    /** Hears of everything that is compressed. */
    interface Observer {
        void encoded(int type, byte[] json, int storedLength);
    }

    /** @param dictionaries finds a dictionary that this node has not seen yet, or null */
    ContentCodec(IntFunction<byte @Nullable []> dictionaries, Observer observer) {
        this.dictionaries = dictionaries;
        this.observer = observer;
    }

    /** From now on resources of the type are compressed with this dictionary. It must be durable already. */
    void use(int type, int number, byte[] dictionary) {
        known.computeIfAbsent(number, n -> new ZstdDictDecompress(dictionary));
        currentByType.put(type, new Current(number, new ZstdDictCompress(dictionary, LEVEL)));
    }

    /** Number of the dictionary that new resources of a type are compressed with; 0 if there is none. */
    int currentDictionary(int type) {
        Current current = currentByType.get(type);
        return current == null ? 0 : current.number();
    }

    byte[] encode(int type, byte[] json) {
        byte[] stored = compress(type, json);
        observer.encoded(type, json, stored.length);
        return stored;
    }

    /** The same unobserved. */
    byte[] compress(int type, byte[] json) {
        Current current = currentByType.get(type);
        int header = current == null ? 1 : HEADER_WITH_DICTIONARY;
        byte[] out = new byte[header + (int) Zstd.compressBound(json.length)];
        ConcurrentLinkedDeque<ZstdCompressCtx> pool = current == null ? compressors : dictionaryCompressors;
        ZstdCompressCtx compressor = pool.pollFirst();
        if (compressor == null) {
            compressor = new ZstdCompressCtx();
            compressor.setLevel(LEVEL);
        }
        int length;
        try {
            if (current == null) {
                out[0] = ZSTD;
            } else {
                compressor.loadDict(current.dictionary());
                out[0] = ZSTD_WITH_DICTIONARY;
                out[1] = (byte) (current.number() >> 8);
                out[2] = (byte) current.number();
            }
            length = compressor.compressByteArray(out, header, out.length - header, json, 0, json.length);
        } finally {
            pool.addFirst(compressor);
        }
        return header + length < json.length + 1 ? Arrays.copyOf(out, header + length) : plain(json);
    }

    byte[] decode(byte[] stored) {
        return switch (stored[0]) {
            case PLAIN -> Arrays.copyOfRange(stored, 1, stored.length);
            case ZSTD -> decompress(stored, 1, null);
            case ZSTD_WITH_DICTIONARY -> decompress(stored, HEADER_WITH_DICTIONARY, dictionary(dictionaryOf(stored)));
            default -> throw new IllegalStateException("stored content has the unknown encoding " + stored[0]);
        };
    }

    /** A content that decodes when asked. */
    StoredResource.Content content(byte @Nullable [] stored) {
        return () -> {
            if (stored == null) {
                throw new IllegalStateException("a deletion has no content");
            }
            return decode(stored);
        };
    }

    /** The dictionary that stored bytes were made with, 0 for none. */
    static int dictionaryOf(byte[] stored) {
        return stored[0] == ZSTD_WITH_DICTIONARY ? (stored[1] & 0xFF) << 8 | (stored[2] & 0xFF) : 0;
    }

    private static byte[] plain(byte[] json) {
        byte[] out = new byte[json.length + 1];
        System.arraycopy(json, 0, out, 1, json.length);
        return out;
    }

    private byte[] decompress(byte[] stored, int from, @Nullable ZstdDictDecompress dictionary) {
        long size = Zstd.getFrameContentSize(stored, from, stored.length - from);
        if (size < 0 || size > Integer.MAX_VALUE) {
            throw new IllegalStateException("stored content is not a zstd frame");
        }
        byte[] json = new byte[(int) size];
        ConcurrentLinkedDeque<ZstdDecompressCtx> pool = dictionary == null ? decompressors : dictionaryDecompressors;
        ZstdDecompressCtx decompressor = pool.pollFirst();
        if (decompressor == null) {
            decompressor = new ZstdDecompressCtx();
        }
        try {
            if (dictionary != null) {
                decompressor.loadDict(dictionary);
            }
            decompressor.decompressByteArray(json, 0, json.length, stored, from, stored.length - from);
        } finally {
            pool.addFirst(decompressor);
        }
        return json;
    }

    private ZstdDictDecompress dictionary(int number) {
        return known.computeIfAbsent(number, missing -> {
            byte[] bytes = dictionaries.apply(missing);
            if (bytes == null) {
                throw new IllegalStateException("stored content names the dictionary " + missing + ", which is not in store.dictionary");
            }
            return new ZstdDictDecompress(bytes);
        });
    }
}
