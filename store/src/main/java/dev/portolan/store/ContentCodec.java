package dev.portolan.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MAGIC = 0xFD2FB528;
    private static final int[] DICTIONARY_ID_BYTES = {0, 1, 2, 4};

    /** Compressing contexts hold native memory, so they are lent out and come back; more than a few threads never compress at once. */
    private final ConcurrentLinkedDeque<Compressor> compressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<Compressor> dictionaryCompressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<Decompressor> decompressors = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<Decompressor> dictionaryDecompressors = new ConcurrentLinkedDeque<>();
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
        ConcurrentLinkedDeque<Compressor> pool = current == null ? compressors : dictionaryCompressors;
        Compressor lent = pool.pollFirst();
        Compressor compressor = lent == null ? new Compressor() : lent;
        try {
            byte[] stored = compressor.compress(current, json);
            return stored.length < json.length + 1 ? stored : plain(json);
        } finally {
            pool.addFirst(compressor);
        }
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
    StoredContent content(byte @Nullable [] stored) {
        return new StoredContent() {
            @Override
            public byte[] json() {
                if (stored == null) {
                    throw new IllegalStateException("a deletion has no content");
                }
                return decode(stored);
            }

            @Override
            public int size() {
                return stored == null ? 0 : ContentCodec.size(stored, stored.length);
            }
        };
    }

    /**
     * Bytes of the JSON that stored bytes hold.
     *
     * @param stored their beginning
     * @param length how many there are
     */
    static int size(byte[] stored, int length) {
        return switch (stored[0]) {
            case PLAIN -> length - 1;
            case ZSTD -> Decompressor.contentSize(stored, 1);
            default -> Decompressor.contentSize(stored, HEADER_WITH_DICTIONARY);
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
        ConcurrentLinkedDeque<Decompressor> pool = dictionary == null ? decompressors : dictionaryDecompressors;
        Decompressor lent = pool.pollFirst();
        Decompressor decompressor = lent == null ? new Decompressor() : lent;
        try {
            return decompressor.decompress(dictionary, stored, from);
        } finally {
            pool.addFirst(decompressor);
        }
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

    /** A context, the dictionary that it has, and room for what comes out: who lends it next mostly wants the same. */
    private static final class Compressor {

        private static final int MOST_ROOM_KEPT = 64 << 10;

        private final ZstdCompressCtx context = new ZstdCompressCtx();
        private @Nullable ZstdDictCompress loaded;
        private byte[] room = new byte[4 << 10];

        Compressor() {
            context.setLevel(LEVEL);
        }

        byte[] compress(@Nullable Current with, byte[] json) {
            int header = with == null ? 1 : HEADER_WITH_DICTIONARY;
            byte[] out = room(header + (int) Zstd.compressBound(json.length));
            if (with == null) {
                out[0] = ZSTD;
            } else {
                if (loaded != with.dictionary()) {
                    context.loadDict(with.dictionary());
                    loaded = with.dictionary();
                }
                out[0] = ZSTD_WITH_DICTIONARY;
                out[1] = (byte) (with.number() >> 8);
                out[2] = (byte) with.number();
            }
            return Arrays.copyOf(out, header + context.compressByteArray(out, header, out.length - header, json, 0, json.length));
        }

        private byte[] room(int length) {
            if (length > MOST_ROOM_KEPT) {
                return new byte[length];
            }
            if (length > room.length) {
                room = new byte[length];
            }
            return room;
        }
    }

    /** A context and the dictionary that it has: a record's resources come type by type, so that mostly it is the one that the next needs. */
    private static final class Decompressor {

        private final ZstdDecompressCtx context = new ZstdDecompressCtx();
        private @Nullable ZstdDictDecompress loaded;

        byte[] decompress(@Nullable ZstdDictDecompress dictionary, byte[] stored, int from) {
            if (dictionary != null && loaded != dictionary) {
                context.loadDict(dictionary);
                loaded = dictionary;
            }
            byte[] json = new byte[contentSize(stored, from)];
            if (context.decompressByteArray(json, 0, json.length, stored, from, stored.length - from) != json.length) {
                throw new IllegalStateException("stored content is shorter than it says");
            }
            return json;
        }

        /** What the frame says of its content's size (RFC 8878, 3.1.1.1), without a call to native code, which would take a tenth of what the whole takes. */
        private static int contentSize(byte[] stored, int from) {
            int descriptor = stored.length < from + 6 || (int) INT.get(stored, from) != MAGIC ? -1 : stored[from + 4] & 0xFF;
            boolean singleSegment = (descriptor & 0x20) != 0;
            int at = from + 5 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3];
            long size = switch (descriptor >> 6) {
                case 0 -> singleSegment ? stored[at] & 0xFF : -1;
                case 1 -> 256 + ((short) SHORT.get(stored, at) & 0xFFFF);
                case 2 -> (int) INT.get(stored, at) & 0xFFFFFFFFL;
                default -> -1;
            };
            if (size < 0 || size > Integer.MAX_VALUE) {
                throw new IllegalStateException("stored content is not a zstd frame");
            }
            return (int) size;
        }
    }
}
